"""KPIs and reports, measured errors, threshold proposals and health checks."""
