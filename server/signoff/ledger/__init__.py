"""The append-only record of every report, action, approval, claim and waiver; what is current is a fold of it."""
