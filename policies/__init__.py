"""The rules that a company may change, data only: detection, taxonomy, lexicon, identifiers."""
