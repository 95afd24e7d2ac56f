"""Pure judges, one file a check: facts in, judgement out; no input or output, no clock."""
