// Each recipe has exactly one text.
import TensorStream
import Testing

@testable import ImageFiles

@Suite struct RecipeTextTests {
  private static let recipes: [Recipe] = {
    let colors = [RGBColor.black, .white, RGBColor(grey: 7), RGBColor(red: 255, green: 128, blue: 0)]
    var recipes: [Recipe] = [.fashionMNIST] + colors.map { .exact(background: $0) }
    for filter in ResamplingFilter.allCases {
      for placement in FitRecipe.Placement.allCases {
        for background in [FitRecipe.Background.auto] + colors.map({ .color($0) }) {
          for inversion in FitRecipe.Inversion.allCases {
            recipes.append(
              .fit(
                FitRecipe(
                  filter: filter, placement: placement, background: background, inversion: inversion)))
          }
        }
      }
    }
    return recipes
  }()

  @Test func recipesAreReadBackFromTheirTexts() {
    for recipe in Self.recipes {
      #expect(Recipe(recipe.text) == recipe, "\(recipe.text)")
      #expect(recipe.record.text == recipe.text)
    }
    #expect(Set(Self.recipes.map(\.text)).count == Self.recipes.count)
  }

  @Test func recipesHaveTheirFixedTexts() {
    #expect(Recipe.exact().text == "exact")
    #expect(Recipe.exact(background: .white).text == "exact background=255")
    #expect(Recipe.fashionMNIST.text == "fashion-mnist")
    #expect(Recipe.fit().text == "fit filter=area fit=contain background=auto invert=auto")
    let other = FitRecipe(
      filter: .lanczos, placement: .cover, background: .color(RGBColor(red: 1, green: 2, blue: 171)),
      inversion: .no)
    #expect(Recipe.fit(other).text == "fit filter=lanczos fit=cover background=#0102ab invert=no")
  }

  @Test(arguments: [
    "", " ", "Exact", "exact ", " exact", "exact background=0", "exact background=256", "exact background=+1",
    "exact background=#ffffff", "exact background=#FF8000", "exact color=1", "fashion-mnist x", "fit",
    "fashion-mnist background=255", "fit filter=area fit=contain background=auto",
    "fit fit=contain filter=area background=auto invert=auto",
    "fit filter=area fit=contain background=auto invert=auto invert=auto",
    "fit filter=area fit=contain background=auto invert=maybe",
    "fit filter=area  fit=contain background=auto invert=auto",
    "fit filter=area fit=contain background=#12345 invert=auto",
    "fit filter=area fit=contain background= invert=auto",
    "fit filter=cubic fit=contain background=0 invert=auto",
    "fit filter=area fit=contain background=007 invert=auto",
  ])
  func otherTextsAreRefused(_ text: String) { #expect(Recipe(text) == nil) }

  @Test(arguments: [
    "", "-1", "256", "#", "#fff", "#gggggg", "#+12345", "red", "0x10", " 1", "1 ", "١", "#ffffff0",
  ])
  func otherWordsAreNotColors(_ text: String) { #expect(RGBColor(text) == nil) }

  @Test func colorsAreGreysOrHexadecimal() {
    #expect(RGBColor("255") == .white)
    #expect(RGBColor("0") == .black)
    #expect(RGBColor("#FF8000") == RGBColor(red: 255, green: 128, blue: 0))
    #expect(RGBColor("#0a0b0c")?.text == "#0a0b0c")
    #expect(RGBColor("#808080")?.text == "128")
  }
}
