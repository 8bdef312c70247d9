"""The words every room shares: numbers, calls, decisions, time, money. Imports no other room."""
