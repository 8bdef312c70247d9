"""`ain explain`: one call or many, with the rows that decided."""
