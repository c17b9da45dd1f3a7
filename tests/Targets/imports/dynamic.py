from burning import burn

burn(9)
