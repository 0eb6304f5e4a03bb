// PaperVenue
