from burning import burn

burn(2)
