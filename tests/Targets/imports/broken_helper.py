from burning import burn

burn(4)
