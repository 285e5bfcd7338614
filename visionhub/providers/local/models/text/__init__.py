"""What reading takes.

reader.py      a picture to lines in reading order: the page turned upright, what is not sure left out
detector.py    where text is             recogniser.py  which letters a line is made of
line.py        letters to words          layout.py      lines to blocks, and their order
quad.py        quadrilaterals, and the pictures cut out of them
"""
