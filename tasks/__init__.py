import logging

logging.getLogger("synthetic_data").setLevel(logging.INFO)  # Prefect gives loggers of others no level
