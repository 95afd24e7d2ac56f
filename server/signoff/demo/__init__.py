"""The demo: the Session 9 story, played on a real repository and the sandbox, in one folder."""
