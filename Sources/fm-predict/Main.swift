// fm-predict: predicts the classes of images.

import PredictCommand

@main enum Main {
  static func main() { FMPredict.main() }
}
