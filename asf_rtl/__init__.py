"""By which facilities: CRS, CCS and ASF-RTL at the originating switch (s200-s208) and at the host (Figs. 5 and 6)."""
