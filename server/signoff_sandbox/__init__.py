"""An embedded Google Cloud on loopback that speaks Google's own wire."""
