from burning import burn

burn(7)
