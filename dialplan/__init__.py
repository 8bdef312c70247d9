"""What was dialed -> who is called, on-net or off-net, which call type code. Steps s100, s110, s112, s1008."""
