from burning import burn

burn(10)
value = 1
