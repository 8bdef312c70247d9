"""Usage billing treatment (UBS, UBR, RBR), AMA records, rating."""
