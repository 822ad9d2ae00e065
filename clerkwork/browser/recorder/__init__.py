"""From a person's recorded session to a target's description that is known to replay."""
