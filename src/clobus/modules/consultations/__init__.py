"""The request for help: its states, who may do what with it, and how the partners' news change it.

It knows no vendor: 1C and Chatwoot come in as snapshots and commands, translated by `clobus.sync`.
"""
