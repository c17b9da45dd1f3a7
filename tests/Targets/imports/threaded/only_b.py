from burning import burn

burn(15)
