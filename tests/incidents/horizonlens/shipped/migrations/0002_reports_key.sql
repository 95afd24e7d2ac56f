CREATE UNIQUE INDEX IF NOT EXISTS reports_key ON reports (tenant, source, metric, day);
