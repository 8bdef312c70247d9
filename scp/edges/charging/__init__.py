"""The edges of charging: the ledger's writer, the Diameter server, the HTTP door, orders of the operator."""
