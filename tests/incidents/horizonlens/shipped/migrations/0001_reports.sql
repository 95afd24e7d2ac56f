CREATE TABLE IF NOT EXISTS reports (
    tenant text NOT NULL,
    source text NOT NULL,
    metric text NOT NULL,
    day date NOT NULL,
    total integer NOT NULL
);
