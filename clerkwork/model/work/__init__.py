"""Work items and what belongs to them: attempts, events, reviews, schedules."""
