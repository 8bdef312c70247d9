"""The simulated network around the SCP: switches, STPs, tie lines, gateways, and the scenarios people run on it."""
