"""What planted faults do to answers: to pages (`lists`), to fields of messages (`values`), to JSON (`json_values`)."""
