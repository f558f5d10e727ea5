"""Does the comparison see every fault that it should, and nothing else?"""
