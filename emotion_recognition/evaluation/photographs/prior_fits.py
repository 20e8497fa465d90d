"""What can be fitted of a class prior. Imports nothing, so that command lines may."""

#: One number: how much of the training images' class shares is taken out.
POWER = "power"
#: A number for each class.
CLASSES = "classes"
