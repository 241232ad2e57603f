// The recipes that the options choose, and the options that are refused.
import CommandLine
import ImageFiles
import TensorStream
import Testing

@testable import RecipeOptions

private func chosen(_ arguments: String...) throws -> Recipe? { try RecipeFlags.parse(arguments).chosen }

private func refusal(_ arguments: [String]) -> String? {
  do {
    _ = try RecipeFlags.parse(arguments)
    return nil
  } catch {
    return RecipeFlags.message(for: error)
  }
}

@Test func optionsChooseTheRecipeTheyName() throws {
  #expect(try chosen() == nil)
  #expect(try chosen("--recipe", "exact") == .exact())
  #expect(try chosen("--recipe", "exact", "--background", "255") == .exact(background: .white))
  #expect(try chosen("--recipe", "fashion-mnist") == .fashionMNIST)
  #expect(try chosen("--recipe", "fit") == .fit(FitRecipe()))
  #expect(
    try chosen(
      "--recipe=fit", "--filter=lanczos", "--fit=cover", "--background=#ff8000", "--invert=no")
      == .fit(
        FitRecipe(
          filter: .lanczos, placement: .cover, background: .color(RGBColor(red: 255, green: 128, blue: 0)),
          inversion: .no)))
  #expect(try chosen("--recipe", "fit", "--background", "auto") == .fit())
}

@Test func withoutANameTheDefaultRecipeApplies() throws {
  #expect(try RecipeFlags.parse([]).chosen(orElse: .exact) == .exact())
  #expect(
    try RecipeFlags.parse(["--background", "9"]).chosen(orElse: .exact)
      == .exact(background: RGBColor(grey: 9)))
  #expect(try RecipeFlags.parse(["--recipe", "fashion-mnist"]).chosen(orElse: .exact) == .fashionMNIST)
  #expect(try !RecipeFlags.parse([]).isGiven)
  #expect(try RecipeFlags.parse(["--background", "9"]).isGiven)
}

@Test(arguments: [
  (["--filter", "area"], "--filter belongs to --recipe fit"),
  (["--recipe", "exact", "--filter", "area"], "means nothing with --recipe exact"),
  (["--recipe", "fashion-mnist", "--fit", "cover"], "--fit belongs to --recipe fit"),
  (["--recipe", "exact", "--invert", "no"], "--invert belongs to --recipe fit"),
  (["--recipe", "fashion-mnist", "--background", "255"], "whose background is white"),
  (["--recipe", "exact", "--background", "auto"], "name a colour"),
  (["--background", "auto"], "name a colour"),
  (["--recipe", "fit", "--background", "256"], "'256'"),
  (["--recipe", "fit", "--background", "pink"], "'pink'"),
  (["--recipe", "fit", "--filter", "cubic"], "'cubic'"),
  (["--recipe", "fit", "--fit", "crop"], "'crop'"),
  (["--recipe", "fit", "--invert", "maybe"], "'maybe'"),
  (["--recipe", "Fit"], "'Fit'"),
])
func unusedAndInvalidOptionsAreRefused(_ arguments: [String], _ text: String) {
  let refusal = refusal(arguments)
  #expect(refusal?.contains(text) == true, "\(refusal ?? "accepted")")
}

@Test func shapesAreSizeAndColor() throws {
  func shape(_ arguments: String...) throws -> ImageShape { try ImageShapeOptions.parse(arguments).shape }
  #expect(try shape() == ImageShape(height: 28, width: 28, channels: 1))
  #expect(try shape("--size", "32x20", "--color", "rgb") == ImageShape(height: 32, width: 20, channels: 3))
  #expect(try shape("--size", "4096x1") == ImageShape(height: 4096, width: 1, channels: 1))
  for text in ["", "28", "x", "28x", "x28", "0x28", "28x0", "4097x28", "28x28x3", "28X28", "+28x28", "２８x28"]
  {
    #expect(throws: (any Error).self, "\(text)") { try shape("--size", text) }
  }
  #expect(throws: (any Error).self) { try shape("--color", "red") }
  for text in ["gray", "grey", "Gray"] { #expect(try shape("--color", text).channels == 1) }
  #expect(try shape("--color", "RGB").channels == 3)
}
