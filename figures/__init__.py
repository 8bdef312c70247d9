"""Layout of drawings, without a word of HTML or SVG: numbers go in, plain records of places come out.

`bars` lays out a bar chart, `topology` a network, `decision` routing logic, `scale` axes and histograms.

Source: console.md section 5.
"""
