// The names of the classes of well-known data sets, and class names from a file.

/// The classes of Fashion-MNIST and MNIST, in the order of their labels.
public enum ClassNames {
  public static let fashionMNIST = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ]
  public static let mnist = (0..<10).map(String.init)
}
