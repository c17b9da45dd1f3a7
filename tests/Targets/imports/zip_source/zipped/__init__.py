from burning import burn

burn(3)
