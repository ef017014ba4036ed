"""`darkpy export`: networks and their data for other programs."""
