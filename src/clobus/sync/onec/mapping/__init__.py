"""Rows of 1C become values of ours, one file a noun; a row that makes no sense raises InvalidRecord."""
