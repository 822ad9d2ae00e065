"""One module per KPI; ``insight.kpi`` says what a module has to declare."""
