// png2raw decodes PNG and JPEG files, and folders of them, into a tensor stream (PictureReading/PictureCommand.swift).
import PictureReading

@main enum Png2Raw: PictureCommandName {
  static let text = "png2raw"
  static let other = "img2raw"

  static func main() { PictureCommand<Png2Raw>.main() }
}
