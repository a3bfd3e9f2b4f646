"""Companies and persons who ask: as 1C knows them, and as they register with us."""
