"""`ain bill`: bills of accounts, of all accounts and of customers; why a line says what it says."""
