"""Tables as the models of an ORM say them: SQLAlchemy, Django, Drizzle, Prisma."""
