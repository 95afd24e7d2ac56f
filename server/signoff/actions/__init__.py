"""What changes a target: a plan, a person's yes, steps. The only users of the writing adapters."""
