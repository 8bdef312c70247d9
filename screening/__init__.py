"""May this station make this call: outgoing call screening (Fig. 3), blocking tables and emergency calling (s130)."""
