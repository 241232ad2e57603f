// fm-train: trains a classifier on labelled images and writes the best model.

import TrainCommand

@main enum Main {
  static func main() { FMTrain.main() }
}
