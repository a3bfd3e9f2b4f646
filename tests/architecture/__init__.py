"""The rules of the house as tests; each shows that it catches an offender."""
