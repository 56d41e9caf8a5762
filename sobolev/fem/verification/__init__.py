"""Is the tangent of a law the derivative of its stress, and is the stress that of a solid?"""
