fatalError("skeleton")
