"""FER2013 as CSV, whole or as the competition has it, and FER+'s votes on it."""
