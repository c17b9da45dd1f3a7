from burning import burn

burn(6)
