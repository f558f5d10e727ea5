"""Do two modules compute the same function?"""
