"""What the tests of several rooms build on: queries as octets, a running server, a playbook for a switch, changed data sets."""
