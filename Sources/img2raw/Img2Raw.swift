// img2raw is png2raw under another name: it decodes PNG and JPEG files, and folders of them, into a tensor stream.
import PictureReading

@main enum Img2Raw: PictureCommandName {
  static let text = "img2raw"
  static let other = "png2raw"

  static func main() { PictureCommand<Img2Raw>.main() }
}
