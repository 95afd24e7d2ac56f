"""What keeps secrets in and outside text inert. Imported by views and ledger alone."""
