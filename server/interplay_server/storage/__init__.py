"""Where everything is kept: a SQLite ledger and LanceDB tables in one folder for each tenant."""
